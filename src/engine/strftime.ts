/** Dates as a chat template writes them: Python's `strftime` in English. */

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/**
 * @param date "2024-07-26"; midnight of that day
 * @param format as for Python's `strftime`; directives that are not known stay as they are
 */
export function formatDate(date: string, format: string): string {
  const day = new Date(`${date}T00:00:00Z`);
  const two = (value: number): string => String(value).padStart(2, '0');
  const month = MONTHS[day.getUTCMonth()] ?? '';
  const weekday = DAYS[day.getUTCDay()] ?? '';
  const year = day.getUTCFullYear();
  const yearDay = Math.floor((day.getTime() - Date.UTC(year, 0, 1)) / 86_400_000) + 1;
  const values: Readonly<Record<string, string>> = {
    Y: String(year),
    y: two(year % 100),
    m: two(day.getUTCMonth() + 1),
    d: two(day.getUTCDate()),
    e: String(day.getUTCDate()).padStart(2),
    B: month,
    b: month.slice(0, 3),
    h: month.slice(0, 3),
    A: weekday,
    a: weekday.slice(0, 3),
    j: String(yearDay).padStart(3, '0'),
    u: String(day.getUTCDay() || 7),
    w: String(day.getUTCDay()),
    H: '00',
    I: '12',
    M: '00',
    S: '00',
    f: '000000',
    p: 'AM',
    z: '',
    Z: '',
    F: date,
    T: '00:00:00',
    '%': '%',
  };
  return format.replace(/%(-?)([a-zA-Z%])/g, (whole, minus: string, letter: string) => {
    const value = values[letter];
    if (value === undefined) return whole;
    return minus === '' ? value : value.replace(/^[0 ]+(?=\d)/, '');
  });
}
