import { suiteOfOddTables } from '../../support/odd-tables-suite';

suiteOfOddTables(60);
