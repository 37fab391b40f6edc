import { sql } from 'kysely'

/**
 * Joins the user `u` whom a column names, where one is known. The limit makes it a look-up by the key for each row, at
 * every size: as a plain join it is a scan of all users, as soon as the planner expects more rows than there are.
 */
export function withUser(column: string) {
  return sql`left join lateral (select * from users where id = ${sql.ref(column)} limit 1) u on true`
}
