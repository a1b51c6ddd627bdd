/** An integer with a prefix of so many bits, the bits above it given (RFC 7541 §5.1). */
export function hpackInteger(value: number, bits: number, above = 0): Buffer {
  const most = 2 ** bits - 1
  if (value < most) return Buffer.from([above | value])
  const bytes = [above | most]
  let rest = value - most
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128))
  bytes.push(rest)
  return Buffer.from(bytes)
}

function hpackText(text: string): Buffer {
  return Buffer.concat([hpackInteger(Buffer.byteLength(text), 7), Buffer.from(text)])
}

export type Field = readonly [name: string, value: string]

/** Literals without indexing (§6.2.2): a block that leaves no trace in the table. */
export function literals(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0]), hpackText(name), hpackText(value)]),
  )
}

/** A literal that goes into the table (§6.2.1), where its index is 62 from then on. */
export function indexedLiteral([name, value]: Field): Buffer {
  return Buffer.concat([Buffer.from([0x40]), hpackText(name), hpackText(value)])
}

/** What a table has at this index (§6.1). */
export function indexed(index: number): Buffer {
  return hpackInteger(index, 7, 0x80)
}

/** The header block of a gRPC call. */
export function callHeaders(path: string, more: readonly Field[] = []): Buffer {
  return literals([
    ...([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', path],
      [':authority', 'x'],
      ['te', 'trailers'],
      ['content-type', 'application/grpc'],
    ] as const),
    ...more,
  ])
}
