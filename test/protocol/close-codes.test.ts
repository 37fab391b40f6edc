import { readFile } from 'node:fs/promises'
import t from 'tap'
import { CLOSE_CODES, mayReconnect } from '../../src/protocol/close-codes.js'

const contract = await readFile(new URL('../../docs/contract.md', import.meta.url), 'utf8')
const [paragraph = ''] = /^Close codes:[\s\S]*?Errors are one table/m.exec(contract) ?? []
/** `4001 going away`: a code followed by its meaning, not the ends of a range. */
const documented = [...paragraph.matchAll(/(?<!-)\b(4\d{3}) [a-z]/g)].map(([, code]) => Number(code))

t.test('every code that is sent is named in the contract', async (t) => {
  for (const { code, reason } of Object.values(CLOSE_CODES))
    t.ok(documented.includes(code), `${code} ${reason}`)
})

t.test('no two reasons share a code', async (t) => {
  const codes = Object.values(CLOSE_CODES).map(({ code }) => code)
  t.equal(new Set(codes).size, codes.length)
})

t.test('the range says whether to reconnect', async (t) => {
  t.strictSame([4000, 4001, 4003, 4399].map(mayReconnect), [true, true, true, true])
  t.strictSame([4400, 4401, 4403, 4499, 1000, 3999].map(mayReconnect), [
    false,
    false,
    false,
    false,
    false,
    false,
  ])
})

t.test('a reason fits into a close frame', async (t) => {
  for (const { reason } of Object.values(CLOSE_CODES)) t.ok(Buffer.byteLength(reason) <= 123, reason)
})
