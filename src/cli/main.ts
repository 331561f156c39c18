process.stderr.write('prompt-confidence: no command yet\n');
process.exitCode = 2;
