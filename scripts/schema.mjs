// npm run schema: writes db/schema.sql anew, what the migrations amount to. A test compares the two.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeSchema } from './describe-schema.mjs'
import { main, prepare, root, say } from './prepare.mjs'

const heading = `-- What the migrations amount to, to be read: made by \`npm run schema\`, never by hand.\n\n`

await main(async () => {
  await prepare()
  const { PGlite } = await import('@electric-sql/pglite')
  const { Kysely, PGliteDialect } = await import('kysely')
  const { migrate } = await import('../dist/store/migrate.js')
  const pglite = await PGlite.create()
  const db = new Kysely({ dialect: new PGliteDialect({ pglite }) })
  await migrate(db)
  const schema = await describeSchema(async (text, values) => (await pglite.query(text, values)).rows)
  await db.destroy()
  await writeFile(join(root, 'db/schema.sql'), heading + schema)
  say('db/schema.sql is written.')
})
