// REST, and the tokens that both doors need.

import { sendForm } from './form-upload.js'
import type { Chat, ChatSummary, Message, Mine, Page, Upload } from './types.js'
import {
  readChat,
  readChatSummary,
  readMessage,
  readMine,
  readOnlyUpload,
  readPage,
  readRestError,
  readToken,
  readUpload,
  readUrl,
  readWsPort,
} from './wire.js'

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The same request may succeed later. */
    readonly temporary: boolean,
  ) {
    super(message)
  }
}

/** The server has no /dev/token (it is not embedded, or not only for this machine): nobody can be signed in. */
export class NotEmbeddedError extends Error {}

export interface Identity {
  sub: string
  fullName: string
  scope?: string
}

export interface TokenSource {
  current(): Promise<string>
  renew(): Promise<string>
  /** How long to wait before renewing, so that a session never meets its token's end. */
  renewInMs(): number
}

export interface NewChat {
  type: 'order' | 'general'
  orderId?: string
  subject: string
  metadata?: Record<string, string>
  members: { userId: string; role?: string; fullName?: string }[]
}

export type Api = ReturnType<typeof createApi>

// Longer delays overflow setTimeout's 32 bits and would fire at once.
const LONGEST_RENEWAL_MS = 12 * 60 * 60 * 1000

const readBody = async (response: Response): Promise<unknown> => {
  const text = await response.text()
  if (text === '') return null
  const parsed: unknown = JSON.parse(text)
  return parsed
}

const failureOf = async (response: Response): Promise<ApiError> => {
  // An answer from something in between (a proxy's HTML page) has no error body of ours.
  const body = await readBody(response).catch(() => null)
  const error = readRestError(body)
  return new ApiError(
    response.status,
    error?.code ?? `http_${response.status}`,
    error?.message ?? `The server answered ${response.status}`,
    error?.temporary ?? response.status >= 500,
  )
}

const expiryOf = (token: string): number => {
  const payload = token.split('.')[1] ?? ''
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    if (typeof claims === 'object' && claims !== null && 'exp' in claims && typeof claims.exp === 'number') {
      return claims.exp * 1000
    }
  } catch {
    // Not readable here; the server will say so when it matters (4401), and the connection renews then.
  }
  return Date.now() + LONGEST_RENEWAL_MS
}

export const createTokenSource = (identity: Identity): TokenSource => {
  let token: Promise<string> | undefined
  let expiresAt = 0

  const issue = async (): Promise<string> => {
    const response = await fetch('/dev/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(identity),
    })
    if (response.status === 404) throw new NotEmbeddedError('no /dev/token here')
    if (!response.ok) throw await failureOf(response)
    const issued = readToken(await readBody(response))
    expiresAt = expiryOf(issued)
    return issued
  }

  const renew = (): Promise<string> => {
    const issued = issue()
    token = issued
    // A failed attempt is not kept: the next caller asks again.
    issued.catch(() => {
      if (token === issued) token = undefined
    })
    return issued
  }

  return {
    renew,
    current: () => token ?? renew(),
    renewInMs: () => Math.min(LONGEST_RENEWAL_MS, Math.max(1_000, (expiresAt - Date.now()) * 0.8)),
  }
}

export const fetchWsPort = async (): Promise<number> => {
  const response = await fetch('/config.json')
  if (!response.ok) throw await failureOf(response)
  return readWsPort(await readBody(response))
}

export const createApi = (tokens: TokenSource) => {
  const authorized = async (attempt: (token: string) => Promise<Response>): Promise<unknown> => {
    let response = await attempt(await tokens.current())
    // The token ended between two calls (a laptop that slept): one renewal, then the answer stands.
    if (response.status === 401) response = await attempt(await tokens.renew())
    if (!response.ok) throw await failureOf(response)
    return readBody(response)
  }

  const call = (method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> =>
    authorized((token) =>
      fetch(path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )

  const chatPath = (chatId: string, rest = '') => `/chats/${encodeURIComponent(chatId)}${rest}`

  return {
    async listChats(cursor?: string): Promise<Page<ChatSummary>> {
      const query = new URLSearchParams({ archived: 'all', limit: '50' })
      if (cursor !== undefined) query.set('cursor', cursor)
      return readPage(await call('GET', `/chats?${query}`), readChatSummary)
    },

    async chat(chatId: string): Promise<ChatSummary> {
      return readChatSummary(await call('GET', chatPath(chatId)))
    },

    async createChat(chat: NewChat): Promise<Chat> {
      return readChat(await call('POST', '/chats', chat))
    },

    async messagesBefore(chatId: string, seq: number): Promise<Message[]> {
      const path = chatPath(chatId, `/messages?before=${seq}&limit=50`)
      return readPage(await call('GET', path), readMessage).items
    },

    async setArchived(chatId: string, archived: boolean): Promise<Mine> {
      return readMine(await call('POST', chatPath(chatId, archived ? '/archive' : '/unarchive'), {}))
    },

    /** `onProgress` hears how much of it has been sent, from 0 to 1. */
    async upload(
      chatId: string,
      file: File,
      progress: { onProgress(sent: number): void; signal: AbortSignal },
    ): Promise<Upload> {
      const form = new FormData()
      form.append('file', file)
      const path = chatPath(chatId, '/attachments')
      return readOnlyUpload(await authorized((token) => sendForm({ path, token, form, ...progress })))
    },

    /** How a file stands that had not been judged yet when it arrived. Fails with the reason when it is refused. */
    async uploadStatus(chatId: string, id: string): Promise<Upload> {
      return readUpload(await call('POST', chatPath(chatId, `/attachments/${id}/complete`), {}))
    },

    /** An address of the file itself, good for a few minutes. */
    async attachmentUrl(chatId: string, id: string, variant: 'original' | 'thumbnail'): Promise<string> {
      const path = chatPath(chatId, `/attachments/${id}?redirect=false&variant=${variant}`)
      return readUrl(await call('GET', path))
    },
  }
}
