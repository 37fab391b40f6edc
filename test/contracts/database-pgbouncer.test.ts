import { pino } from 'pino'
import t from 'tap'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { openStore } from '../../src/store/store.js'
import { until } from '../helpers/clients.js'
import { noPgBouncer, startPgBouncer } from '../helpers/pgbouncer.js'
import { createDatabase, execute } from '../helpers/postgres.js'
import { silent } from '../helpers/stores.js'
import { databaseContract } from './database.js'

const prepares = { prepares: false }

t.test('the contract', { skip: noPgBouncer }, async (t) => {
  await databaseContract(t, {
    hasOneConnection: false,
    async createPlace(t) {
      const { url } = await startPgBouncer(t, (await createDatabase(t)).url)
      return { open: async () => createPostgresDatabase(url, 4, silent, prepares) }
    },
  })
})

t.test(
  'statements have the bounds of the role; who has none is told so',
  { skip: noPgBouncer },
  async (t) => {
    const { url } = await createDatabase(t)
    const open = async () => {
      const lines: string[] = []
      const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) })
      const bouncer = await startPgBouncer(t, url)
      const store = await openStore(createPostgresDatabase(bouncer.url, 2, logger, prepares))
      t.teardown(async () => await store.close())
      await store.ping()
      const { rows } = await store.execute(`select current_setting('statement_timeout') as bound`, [])
      return { lines, rows }
    }
    const without = await open()
    await until(() => without.lines.length > 0, 'it is told')
    t.match(without.lines.join(''), /"missing":\["idle_in_transaction_session_timeout","statement_timeout"\]/)
    t.strictSame(without.rows, [{ bound: '0' }])

    const [role, database] = [new URL(url).username, new URL(url).pathname.slice(1)]
    for (const [name, value] of [
      ['statement_timeout', '10s'],
      ['idle_in_transaction_session_timeout', '2s'],
    ])
      await execute(url, `alter role ${role} in database ${database} set ${name} = '${value}'`)
    const bounded = await open()
    t.strictSame(bounded.rows, [{ bound: '10s' }])
  },
)
