// What a database's tables, indexes, triggers and functions are, from its catalogs: the same text from every engine and
// version. Not pg_dump, which PGlite has not, and whose text differs from version to version.

// Kysely's own record of what was applied.
const foreign = ['kysely_migration', 'kysely_migration_lock']

/** `query` runs a statement with parameters and gives its rows. */
export async function describeSchema(query) {
  const parts = [...(await describeTables(query)), ...(await describeFunctions(query))]
  return `${parts.join('\n\n')}\n`
}

async function describeTables(query) {
  const tables = await query(
    `SELECT c.oid::text AS id, c.relname AS name, c.reloptions AS options
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> ALL ($1::text[])
    ORDER BY c.relname COLLATE "C"`,
    [foreign],
  )
  return await Promise.all(
    tables.map(async ({ id, name, options }) => {
      const lines = [...(await columns(query, id)), ...(await constraints(query, id))]
      const storage = options
        ? ` WITH (${options.map((option) => option.replace('=', ' = ')).join(', ')})`
        : ''
      const table = `CREATE TABLE ${name} (\n${lines.map((line) => `  ${line}`).join(',\n')}\n)${storage};`
      return [table, ...(await indexes(query, id)), ...(await triggers(query, id))].join('\n')
    }),
  )
}

async function columns(query, table) {
  const rows = await query(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
      pg_get_expr(d.adbin, d.adrelid) AS fallback
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [table],
  )
  return rows.map(({ name, type, required, fallback }) =>
    [name, type, required && 'NOT NULL', fallback !== null && `DEFAULT ${fallback}`]
      .filter(Boolean)
      .join(' '),
  )
}

/** From Postgres 18 on NOT NULL is a constraint too ("n"): it is told with its column. */
async function constraints(query, table) {
  const rows = await query(
    `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
    WHERE conrelid = $1::oid AND contype <> 'n' ORDER BY conname COLLATE "C"`,
    [table],
  )
  return rows.map(({ name, definition }) => `CONSTRAINT ${name} ${definition}`)
}

/** Those of a constraint are told with it. */
async function indexes(query, table) {
  const rows = await query(
    `SELECT pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = $1::oid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
    ORDER BY c.relname COLLATE "C"`,
    [table],
  )
  return rows.map(({ definition }) => `${definition.replace(' ON public.', ' ON ')};`)
}

async function triggers(query, table) {
  const rows = await query(
    `SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger
    WHERE tgrelid = $1::oid AND NOT tgisinternal ORDER BY tgname COLLATE "C"`,
    [table],
  )
  return rows.map(({ definition }) => `${definition.replace(' ON public.', ' ON ')};`)
}

async function describeFunctions(query) {
  const rows = await query(
    `SELECT pg_get_functiondef(p.oid) AS definition FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' AND p.prokind IN ('f', 'p')
    ORDER BY p.proname COLLATE "C", pg_get_function_identity_arguments(p.oid) COLLATE "C"`,
    [],
  )
  return rows.map(({ definition }) => `${definition.replace('FUNCTION public.', 'FUNCTION ').trimEnd()};`)
}
