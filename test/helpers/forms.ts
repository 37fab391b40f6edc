import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** A form with files in it that is sent piece by piece, whatever it looks like. */
export interface OpenForm {
  readonly asked: ClientRequest
  /** Rejects when the connection ends without one. */
  readonly answer: Promise<FormAnswer>
}

export interface FormAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes, and fail where one differs
  readonly body: any
}

/** What goes before the bytes of a file, and after the last one's. */
export const fileHead = (name: string) =>
  `--line\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`
export const FORM_END = '\r\n--line--\r\n'

/** `POST /chats/:id/attachments`, of which nothing but the headers is there yet. */
export function openForm({ url }: { url: string }, bearer: string, chatId: string): OpenForm {
  const asked = request(`${url}/chats/${chatId}/attachments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'multipart/form-data; boundary=line' },
  })
  asked.on('error', () => {})
  const answer = new Promise<FormAnswer>((resolve, reject) => {
    let isAnswered = false
    asked.once('response', (response: IncomingMessage) => {
      isAnswered = true
      buffer(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body: JSON.parse(body.toString()) }),
        reject,
      )
    })
    asked.once('close', () => {
      if (!isAnswered) reject(new Error('closed without an answer'))
    })
  })
  // Not every test asks for it.
  answer.catch(() => {})
  return { asked, answer }
}
