import { callRest } from '../clients/rest.js'
import { identityOf, type Message, ownView, page, saidOf } from '../clients/wire.js'
import type { ChatTruth, Mark } from '../judge/truth.js'
import type { Accuse } from '../judge/violation.js'

const PAGE = 100
const TIMEOUT_MS = 20_000
const ATTEMPTS = 5

/** What the service says of a chat by REST, to whoever asks any node. */
export function createReader(nodes: readonly { readonly http: string }[]) {
  let turn = 0

  /** From one node after the other; a node that is not well yet is passed over. @throws when none answers */
  async function get(path: string, token: string): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      turn += 1
      const node = nodes[turn % nodes.length]
      if (node === undefined) throw new Error('there are no nodes')
      const answer = await callRest({ url: node.http, token, method: 'GET', path, timeoutMs: TIMEOUT_MS })
      if (answer.ok) return answer.data
      if (!answer.temporary || attempt === ATTEMPTS) throw new Error(`GET ${path}: ${answer.code}`)
    }
  }

  return {
    /** All of a chat's history, by pages, ascending. */
    async history(chat: string, token: string): Promise<Message[]> {
      const all: Message[] = []
      for (;;) {
        const path = `/chats/${chat}/messages?after=${all.length}&limit=${PAGE}`
        const { data } = page.parse(await get(path, token))
        if (data.length === 0) return all
        all.push(...data.reverse())
      }
    },

    async mark(chat: string, user: string, token: string): Promise<Mark> {
      const { lastSeq, mine } = ownView.parse(await get(`/chats/${chat}`, token))
      return { user, lastSeq, lastReadSeq: mine.lastReadSeq, unread: mine.unread }
    },
  }
}

export type Reader = ReturnType<typeof createReader>

/** The pages of history are what the database holds. */
export function compare(chat: string, pages: readonly Message[], truth: ChatTruth, accuse: Accuse): void {
  if (pages.length !== truth.messages.length)
    accuse({
      ...{ kind: 'lost', at: 0, chat },
      text: `history has ${pages.length} messages by REST, and ${truth.messages.length} in the database`,
    })
  for (const [index, message] of truth.messages.entries()) {
    const shown = pages[index]
    if (shown === undefined) return
    const isSame =
      identityOf({ ...shown, sender: shown.sender.id }) === identityOf(message) &&
      saidOf(shown) === saidOf(message) &&
      shown.rev === message.rev
    if (!isSame)
      accuse({
        kind: 'altered',
        at: 0,
        chat,
        seq: message.seq,
        text: 'is another by REST than in the database',
      })
  }
}
