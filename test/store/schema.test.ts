import { readFile } from 'node:fs/promises'
import { CompiledQuery } from 'kysely'
import { z } from 'zod'
import { describeSchema } from '../../scripts/describe-schema.mjs'
import { forEachStore } from '../helpers/stores.js'

const rowsOf = z.array(z.looseObject({}))
const file = new URL('../../db/schema.sql', import.meta.url)

forEachStore(async (t, open) => {
  const store = await open()

  t.test('db/schema.sql is what the migrations amount to: npm run schema', async (t) => {
    const described = await store.transaction(
      async (trx) =>
        await describeSchema(async (statement, parameters) =>
          rowsOf.parse((await trx.executeQuery(CompiledQuery.raw(statement, [...parameters]))).rows),
        ),
    )
    const text = await readFile(file, 'utf8')
    t.equal(text.slice(text.indexOf('CREATE')), described)
  })
})
