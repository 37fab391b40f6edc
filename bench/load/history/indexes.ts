import type { Client } from 'pg'
import { z } from 'zod'

const definitions = z.array(z.object({ name: z.string(), definition: z.string(), constraint: z.boolean() }))

export interface Index {
  readonly table: string
  readonly name: string
  /** What makes it again, as the catalog has it: it cannot differ from the schema. */
  readonly create: string
  readonly drop: string
}

/** All indexes of a table, those of its constraints included. */
export async function indexesOf(client: Client, table: string): Promise<Index[]> {
  const { rows } = await client.query(
    `select i.relname as name, coalesce(pg_get_constraintdef(c.oid), pg_get_indexdef(x.indexrelid)) as definition,
       c.oid is not null as constraint
     from pg_index x join pg_class i on i.oid = x.indexrelid
     left join pg_constraint c on c.conindid = x.indexrelid and c.contype in ('p', 'u')
     where x.indrelid = $1::regclass order by i.relname`,
    [table],
  )
  return definitions.parse(rows).map(({ name, definition, constraint }) => {
    const quoted = client.escapeIdentifier(name)
    return constraint
      ? {
          ...{ table, name, drop: `alter table ${table} drop constraint ${quoted}` },
          create: `alter table ${table} add constraint ${quoted} ${definition}`,
        }
      : { table, name, drop: `drop index ${quoted}`, create: definition }
  })
}
