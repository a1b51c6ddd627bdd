/** What clients wrote, for a log line: ASCII that can be seen, and no more than `length` characters. */
export function printable(text: string, length: number): string {
  const seen = text.slice(0, length).replace(/[^\x21-\x7e]/g, '?')
  return text.length > length ? `${seen}…` : seen
}
