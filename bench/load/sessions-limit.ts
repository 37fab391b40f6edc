import { mostOpenFiles } from '../engines/open-files.js'

/** What a node, and the generator, have open besides sessions. */
const OTHER_FILES = 500

export interface Sessions {
  readonly sessions: number
  /** Why there are fewer than was wanted; absent when there are not. */
  readonly note?: string
}

/** As many sessions as one process may hold: each is a file of the node, and another of the generator. */
export async function sessionsWithin(wanted: number): Promise<Sessions> {
  const limit = await mostOpenFiles()
  const most = (limit ?? Number.POSITIVE_INFINITY) - OTHER_FILES
  if (wanted <= most) return { sessions: wanted }
  const sessions = most - (most % 2)
  return {
    sessions,
    note: `${sessions} sessions instead of ${wanted}: a process may have ${limit} files open here (ulimit -n).`,
  }
}
