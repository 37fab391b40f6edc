import { readFile } from 'node:fs/promises'
import t from 'tap'
import { CLOSE_CODES } from '../../src/protocol/close-codes.js'
import { ERRORS, errorBody, ParleyError, toParleyError } from '../../src/protocol/errors.js'

const contract = await readFile(new URL('../../docs/contract.md', import.meta.url), 'utf8')

/** The contract's list: `code status (temporary), …` in backticks, after "Errors are one table". */
function documentedErrors(): Record<string, { status: number; temporary: boolean }> {
  const [, list] = /Errors are one table `[^`]*`[^`]*`([^`]*)`/.exec(contract) ?? []
  if (list === undefined) throw new Error('docs/contract.md has no sentence "Errors are one table"')
  return Object.fromEntries(
    list.split(',').map((entry) => {
      const [, code = '', status, temporary] = /^\s*(\w+) (\d{3})( \(temporary\))?\s*$/.exec(entry) ?? []
      if (status === undefined) throw new Error(`docs/contract.md lists an error as "${entry.trim()}"`)
      return [code, { status: Number(status), temporary: temporary !== undefined }]
    }),
  )
}

t.test('the table and the list of the contract are equal', async (t) => {
  const table = Object.fromEntries(
    Object.entries(ERRORS).map(([code, { status, temporary }]) => [code, { status, temporary }]),
  )
  t.strictSame(table, documentedErrors())
})

t.test('an error that ends a session does it with a known close code', async (t) => {
  const known = new Set<number>(Object.values(CLOSE_CODES).map(({ code }) => code))
  for (const row of Object.values(ERRORS))
    if ('closeCode' in row) t.ok(known.has(row.closeCode), String(row.closeCode))
})

t.test('an error is shown with its row', async (t) => {
  const plain = new ParleyError('rate_limited')
  t.match(plain, { status: 429, temporary: true, closeCode: 4003, message: ERRORS.rate_limited.message })
  const exact = new ParleyError('bad_request', 'seq: too high')
  t.equal(exact.closeCode, undefined)
  t.strictSame(errorBody(exact), { code: 'bad_request', message: 'seq: too high', temporary: false })
})

t.test('what was not expected is told as internal, without its text', async (t) => {
  const expected = new ParleyError('conflict')
  t.equal(toParleyError(expected), expected)
  for (const thrown of [new Error('password=hunter2'), 'hunter2', undefined, { code: 'conflict' }]) {
    const shown = toParleyError(thrown)
    t.equal(shown.code, 'internal')
    t.notMatch(JSON.stringify(errorBody(shown)), 'hunter2')
  }
})
