import { createReader } from '../../chaos/truth/rest.js'
import { becomes } from '../../engines/until.js'
import type { Target } from '../../report/outcome.js'
import type { Client } from '../clients/client.js'
import { grouped } from '../figures/grouped.js'
import { inParallel } from './in-parallel.js'
import type { Tally } from './tally.js'
import { signService } from './world.js'

const AT_ONCE = 8
const CATCHING_UP_MS = 20_000

/** An acked message. */
export interface Said {
  readonly chat: string
  readonly clientId: string
  readonly seq: number
}

export interface Verdict {
  /** Acked, and not in history under its number. */
  readonly lost: number
  /** In history more than once. */
  readonly twice: number
  /** Sessions' places in chats that are not at the end of the chat. */
  readonly behind: number
}

export interface VerdictOptions {
  /** Of a node that is well. */
  readonly http: string
  readonly said: readonly Said[]
  readonly standing: readonly { readonly client: Client; readonly chats: readonly string[] }[]
}

/** Lays what was acked, and where all sessions stand, beside the history of all chats that something was said in. */
export async function judge({ http, said, standing }: VerdictOptions): Promise<Verdict> {
  const reader = createReader([{ http }])
  const token = signService()
  const byChat = grouped(said, ({ chat }) => chat)
  const ends = new Map<string, number>()
  let [lost, twice] = [0, 0]

  await inParallel([...byChat], AT_ONCE, async ([chat, acked]) => {
    const history = await reader.history(chat, token)
    ends.set(chat, history.at(-1)?.rev ?? 0)
    const byClientId = grouped(history, ({ clientId }) => clientId)
    for (const { clientId, seq } of acked) {
      const found = byClientId.get(clientId) ?? []
      if (!found.some((message) => message.seq === seq)) lost += 1
      if (found.length > 1) twice += 1
    }
  })

  function behind(): number {
    const places = standing.flatMap(({ client, chats }) => chats.map((chat) => ({ client, chat })))
    return places.filter(({ client, chat }) => client.rev(chat) !== (ends.get(chat) ?? 0)).length
  }
  await becomes(() => behind() === 0, CATCHING_UP_MS)
  return { lost, twice, behind: behind() }
}

/** Nothing lost, and no session that was told it otherwise than in order. */
export function wholeTarget({ lost, twice, behind }: Verdict, tally: Tally): Target {
  const { holes, repeats } = tally.counts()
  return {
    text: 'Acked messages are in history once, and every session has all of its chats in order',
    measured: `${lost} lost, ${twice} twice, ${holes} holes, ${repeats} repeats, ${behind} sessions' chats behind`,
    isMet: lost + twice + holes + repeats + behind === 0,
  }
}
