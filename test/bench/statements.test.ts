import pg from 'pg'
import t from 'tap'
import { createFrontendReader } from '../../bench/engines/frontend.js'
import { createStatementCounter } from '../../bench/engines/statements.js'
import { createDatabase } from '../helpers/postgres.js'

/** A message of the protocol: its type, its length with itself in it, its body. */
function message(type: string, body: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + Buffer.byteLength(body))
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body)])
}

const startup = message('', '\0\x03\0\0user\0ann\0\0')
const encryption = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

t.test('a statement is counted when it is run, however it is said and cut up', async (t) => {
  const bytes = Buffer.concat([
    ...[encryption, startup, message('p', 'a password\0')],
    ...[message('Q', 'select 1\0'), message('P', 'two\0select 2\0\0\0'), message('S', '')],
    ...[message('B', '\0two\0\0\0\0\0\0\0'), message('E', '\0\0\0\0\0'), message('E', '\0\0\0\0\0')],
    ...[message('C', 'Stwo\0'), message('X', '')],
  ])
  for (const size of [1, 3, 7, bytes.length]) {
    const run: string[] = []
    const read = createFrontendReader((text) => run.push(text))
    for (let start = 0; start < bytes.length; start += size) read(bytes.subarray(start, start + size))
    t.strictSame(run, ['select 1', 'select 2', 'select 2'], `in pieces of ${size}`)
  }
})

t.test('the statements of a real client are counted by how they begin', async (t) => {
  const through = new URL((await createDatabase(t)).url)
  const counter = await createStatementCounter(Number(through.port))
  t.teardown(counter.end)
  through.port = String(counter.port)
  const client = new pg.Client({ connectionString: through.href })
  await client.connect()
  await client.query('select 1')
  for (let number = 0; number < 3; number++) await client.query('select\n  $1::int', [number])
  for (let number = 0; number < 2; number++)
    await client.query({ name: 'kept', text: 'select $1::text', values: [`${number}`] })
  t.strictSame(await counter.take(), [
    { text: 'select $1::int', count: 3 },
    { text: 'select $1::text', count: 2 },
    { text: 'select 1', count: 1 },
  ])
  await client.query('select 1')
  t.strictSame(await counter.take(), [{ text: 'select 1', count: 1 }], 'since the last time')
  await client.end()
})
