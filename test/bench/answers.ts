const HEADER_END = Buffer.from('\r\n\r\n')

/** Length of the first whole answer of HTTP/1.1 in `buffer`, head and body; 0 while it is not all there. */
export function answerLength(buffer: Buffer): number {
  const head = buffer.indexOf(HEADER_END)
  if (head < 0) return 0
  const length = /\r\ncontent-length: *(\d+)/i.exec(buffer.toString('latin1', 0, head))?.[1]
  if (length === undefined) throw new Error('the load generator needs answers with content-length')
  const total = head + HEADER_END.length + Number(length)
  return buffer.length < total ? 0 : total
}
