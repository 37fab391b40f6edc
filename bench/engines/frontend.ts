/** What a client of Postgres has said, as far as it makes the server run a statement. */

/** "3.0" and later; a request for TLS, or to cancel, is of another number. */
const MAJOR_VERSION = 3

/**
 * Reads one connection's bytes towards Postgres, in pieces of any size, and calls `onStatement` with the text of each
 * statement that it is told to run: by a `Query`, or by the `Execute` of one that was parsed before.
 */
export function createFrontendReader(onStatement: (text: string) => void) {
  const statements = new Map<string, string>()
  const portals = new Map<string, string>()
  let rest: Buffer = Buffer.alloc(0)
  let hasBegun = false

  function handle(type: string, body: Buffer): void {
    if (type === 'Q') onStatement(textAt(body, 0).text)
    if (type === 'P') {
      const name = textAt(body, 0)
      statements.set(name.text, textAt(body, name.end).text)
    }
    if (type === 'B') {
      const portal = textAt(body, 0)
      portals.set(portal.text, statements.get(textAt(body, portal.end).text) ?? '')
    }
    if (type === 'E') onStatement(portals.get(textAt(body, 0).text) ?? '')
  }

  return (chunk: Buffer): void => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const start = hasBegun ? 1 : 0
      if (rest.length < start + 4) return
      const end = start + rest.readInt32BE(start)
      if (rest.length < end) return
      const body = rest.subarray(start + 4, end)
      if (hasBegun) handle(String.fromCharCode(rest[0] ?? 0), body)
      else hasBegun = body.readInt16BE(0) === MAJOR_VERSION
      rest = rest.subarray(end)
    }
  }
}

/** A text that ends with a zero byte; `end` is behind it. */
function textAt(body: Buffer, start: number): { text: string; end: number } {
  const end = body.indexOf(0, start)
  return { text: body.toString('utf8', start, end), end: end + 1 }
}
