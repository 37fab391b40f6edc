import { once } from 'node:events'
import { statfs } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import type pg from 'pg'
import { from } from 'pg-copy-streams'
import { withClient } from '../../engines/with-client.js'
import type { Progress } from '../../report/progress.js'
import { type Index, indexesOf } from './indexes.js'
import type { HistoryPlan } from './plan.js'
import { type Filling, fillings } from './rows.js'

const CHUNK_CHARACTERS = 64 * 1024
const TABLES = 'users, chats, chat_members, messages, order_chats, chat_events, chat_requests, attachments'
/** A row, its part of the indexes, what sorting those needs, and the write-ahead log; with room to spare. */
const BYTES_A_MESSAGE = 900
const BYTES_BESIDE = 3e9

/** @throws when the disk has no room for so many messages; in one line */
export async function checkRoom(folder: string, messages: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const [needed, free] = [messages * BYTES_A_MESSAGE + BYTES_BESIDE, bavail * bsize]
  if (free >= needed) return
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1)
  throw new Error(
    `too little disk: ${messages} messages need ${gigabytes(needed)} GB, ${gigabytes(free)} are free at ${folder}`,
  )
}

/** The plan's rows, in place of what there was. The tables are there already. */
export async function loadHistory(url: string, plan: HistoryPlan, progress: Progress): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(`truncate ${TABLES}`)
    // What is lost in a crash is loaded again.
    await client.query(`set synchronous_commit = off; set maintenance_work_mem = '512MB'`)
    const all = fillings(plan)
    const indexes: Index[] = []
    for (const { table } of all) indexes.push(...(await indexesOf(client, table)))
    for (const { drop } of indexes) await client.query(drop)
    for (const filling of all) await copy(client, filling, progress)
    for (const { name, create } of indexes) {
      progress.say(`index ${name}…`)
      await client.query(create)
    }
    progress.say('vacuum, analyze, checkpoint…')
    await client.query('vacuum analyze')
    await client.query('checkpoint')
  })
}

async function copy(
  client: pg.Client,
  { table, columns, count, row }: Filling,
  progress: Progress,
): Promise<void> {
  const stream = client.query(from(`copy ${table} (${columns.join(', ')}) from stdin`))
  const bar = progress.bar(`${count.toLocaleString('en-GB')} ${table}`, count)
  const startedAt = performance.now()
  // A refusal must not be nobody's while we wait for the stream to take more.
  const done = finished(stream)
  done.catch(() => {})
  let chunk = ''
  for (let n = 0; n < count; n++) {
    chunk += row(n)
    if (chunk.length < CHUNK_CHARACTERS) continue
    if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), done])
    chunk = ''
    bar.to(n, paceOf(n, count, (performance.now() - startedAt) / 1000))
  }
  stream.end(chunk)
  await done
  bar.end()
}

function paceOf(done: number, count: number, seconds: number): string {
  const perSecond = done / seconds
  return `${Math.round(perSecond).toLocaleString('en-GB')}/s, ${Math.ceil((count - done) / perSecond)} s left`
}
