import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Test } from 'tap'

/** A fresh, empty database of the test's own, dropped at its end whoever is still connected. */
export async function createDatabase(t: Test): Promise<{ url: string }> {
  const server = process.env.TEST_DATABASE_URL
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run the tests through npm test')
  const name = `parley_${randomUUID().replaceAll('-', '')}`
  await execute(server, `CREATE DATABASE ${name}`)
  t.teardown(async () => await execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href }
}

/** Runs one statement, or a script of several without values. */
export async function execute(url: string, statement: string, values?: unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement, values)
  } finally {
    await client.end()
  }
}
