import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.js'

export interface Naming {
  readonly id: string
  readonly fullName: string
  readonly namedAt: Date
}

export interface Named extends Naming {
  /** The user was known under another name before, or under none. */
  readonly changed: boolean
}

export type UserStore = ReturnType<typeof createUserStore>

/** SQL about users: their names and when they were last seen. */
export function createUserStore(db: Kysely<Schema>) {
  /** Answers those that were written, and not those of whom somebody has meanwhile said something newer. */
  async function write(namings: readonly Naming[]): Promise<Naming[]> {
    const ids = namings.map(({ id }) => id)
    const names = namings.map(({ fullName }) => fullName)
    const times = namings.map(({ namedAt }) => namedAt.toISOString())
    // Rows are locked in the order given: the same one on every node, in `seen` too, or two would block each other.
    const { rows } = await sql<Naming>`
      insert into users (id, full_name, named_at)
      select g.id, g.full_name, g.named_at::timestamptz
      from unnest(${ids}::text[], ${names}::text[], ${times}::text[]) as g(id, full_name, named_at)
      order by g.id collate "C"
      on conflict (id) do update set full_name = excluded.full_name, named_at = excluded.named_at
      where excluded.named_at >= users.named_at
      returning id, full_name as "fullName", named_at as "namedAt"`.execute(db)
    return rows
  }

  return {
    /**
     * Writes the names that are newer than what is kept; answers, for every user, the one that now counts. Every new
     * connection says its name again: most have nothing to write, and are not to lock a row and wait for the disk.
     */
    async name(namings: readonly Naming[]): Promise<Named[]> {
      const ids = namings.map(({ id }) => id)
      const before = new Map((await this.names(ids)).map((naming) => [naming.id, naming]))
      const news = namings.filter((naming) => isNews(before.get(naming.id), naming))
      const written = news.length > 0 ? await write(news) : []
      const after = new Map([...before.values(), ...written].map((naming) => [naming.id, naming]))
      const isOvertaken = written.length < news.length
      const counting = isOvertaken ? await this.names(ids) : [...after.values()]
      return counting.map((naming) => ({
        ...naming,
        changed: before.get(naming.id)?.fullName !== naming.fullName,
      }))
    },

    /** A user who was never named is absent. */
    async names(ids: readonly string[]): Promise<Naming[]> {
      return await db
        .selectFrom('users')
        .select(['id', 'full_name as fullName', 'named_at as namedAt'])
        .where('id', '=', sql<string>`any(${ids}::text[])`)
        .execute()
    },

    /** When each was seen last. Users without a row (never named) have no time kept. */
    async seen(users: ReadonlyMap<string, Date>): Promise<void> {
      const times = [...users.values()].map((at) => at.toISOString())
      await sql`
        update users u
        set last_seen_at = greatest(u.last_seen_at, s.at)
        from (
          select u.id, g.at::timestamptz as at
          from unnest(${[...users.keys()]}::text[], ${times}::text[]) as g(id, at)
          join users u on u.id = g.id
          order by u.id collate "C"
          for no key update of u
        ) s
        where u.id = s.id`.execute(db)
    },
  }
}

/** Among names of one moment the one that comes later counts. */
export function isNews(kept: Naming | undefined, { fullName, namedAt }: Naming): boolean {
  if (kept === undefined || kept.namedAt < namedAt) return true
  return kept.namedAt.getTime() === namedAt.getTime() && kept.fullName !== fullName
}
