import type { Logger } from 'pino'
import { z } from 'zod'

export type Verdict = 'clean' | 'infected'

const answer = z.object({ verdict: z.enum(['clean', 'infected']), reason: z.string().max(200).optional() })

/** Longest answer that is read; a verdict is shorter. */
const ANSWER_BYTES = 64 * 1024

export interface ScannerOptions {
  readonly url: string
  readonly timeoutMs: number
  /** Where this node's own door is reached from beside it: some stores answer paths of it. */
  readonly ownUrl: () => string
  readonly logger: Logger
}

/** The operator's scanner (docs/scanning.md): is asked about a blob, and says `clean` or `infected`. */
export function createScanner({ url, timeoutMs, ownUrl, logger }: ScannerOptions) {
  /** `blobUrl`: where the store has the bytes. Undefined when there is no verdict: that is never a `clean`. */
  return async (attachmentId: string, blobUrl: string): Promise<Verdict | undefined> => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ attachmentId, url: new URL(blobUrl, ownUrl()).href }),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
      })
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new Error(`the scanner answered ${response.status}`)
      }
      const { verdict, reason } = answer.parse(JSON.parse(await readText(response)))
      if (verdict === 'infected') logger.warn({ attachmentId, reason }, 'the scanner has refused a file')
      return verdict
    } catch (error) {
      logger.warn({ attachmentId, error }, 'no verdict from the scanner')
      return undefined
    }
  }
}

export type Scanner = ReturnType<typeof createScanner>

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES) throw new Error('the answer of the scanner is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
