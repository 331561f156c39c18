/** Runs a program's work: its exit status says whether that went well, whatever it leaves open. */
export function runMain(work: () => Promise<void>): void {
  work().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
