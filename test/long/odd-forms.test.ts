import { suiteOfOddTables } from '../support/odd-tables-suite';

suiteOfOddTables(5000);
