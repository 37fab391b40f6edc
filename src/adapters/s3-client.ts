import { Client, S3Error } from 'minio'
import type { Logger } from 'pino'
import { z } from 'zod'
import { BlobStoreUnavailable } from '../ports/blob-store.js'
import { createS3Transport, type S3Patience } from './s3-transport.js'

export interface S3Account {
  readonly accessKey: string
  readonly secretKey: string
  readonly region: string
}

/** minio's client of the store at this address. It never retries: what it would do so for, our transport fails. */
export function createS3Client(endpoint: string, account: S3Account, patience: S3Patience): Client {
  const { protocol, hostname, port } = new URL(endpoint)
  const isSecure = protocol === 'https:'
  return new Client({
    endPoint: hostname,
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    useSSL: isSecure,
    accessKey: account.accessKey,
    secretKey: account.secretKey,
    // Or the client would ask the store for it, also before it signs a URL.
    region: account.region,
    transport: createS3Transport(isSecure, patience),
  })
}

type Request<T> = (client: Client) => Promise<T>

/**
 * Asks the store. Whatever it does not answer as it should is a BlobStoreUnavailable. The operator is told when it
 * is away and when it is back, and once of each reason that it refuses for; never a key or a URL.
 */
export function createS3(client: Client, logger: Logger) {
  const told = new Set<string>()
  let isAway = false

  function tell(error: unknown, code: string | undefined): BlobStoreUnavailable {
    if (code !== undefined) {
      if (!told.has(code)) logger.error({ code }, 'the file store refuses what it is asked')
      told.add(code)
      return new BlobStoreUnavailable(code, { cause: error })
    }
    const away =
      error instanceof BlobStoreUnavailable
        ? error
        : new BlobStoreUnavailable(error instanceof Error ? error.message : 'no answer', { cause: error })
    if (!isAway) logger.warn({ reason: away.reason }, 'the file store is away')
    isAway = true
    return away
  }

  async function answered<T>(request: Request<T>): Promise<T> {
    const answer = await request(client)
    if (isAway) logger.info('the file store is back')
    isAway = false
    return answer
  }

  return {
    /** What the store answers. @throws BlobStoreUnavailable */
    async ask<T>(request: Request<T>): Promise<T> {
      try {
        return await answered(request)
      } catch (error) {
        throw tell(error, refusalOf(error))
      }
    },
    /** What the store answers; undefined when it refuses for one of these reasons. @throws BlobStoreUnavailable */
    async find<T>(request: Request<T>, ...reasons: string[]): Promise<T | undefined> {
      try {
        return await answered(request)
      } catch (error) {
        const code = refusalOf(error)
        if (code !== undefined && reasons.includes(code)) return undefined
        throw tell(error, code)
      }
    },
    /** Asks for what not every store has; answers the reason of one that refuses. @throws BlobStoreUnavailable */
    async attempt(request: Request<unknown>): Promise<string | undefined> {
      try {
        await answered(request)
        return undefined
      } catch (error) {
        const code = refusalOf(error)
        if (code === undefined) throw tell(error, code)
        return code
      }
    },
  }
}

export type S3 = ReturnType<typeof createS3>

const xmlError = z.object({ Code: z.string() })

/** The code of what a store that is there has refused; undefined for any other failure. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof S3Error) return error.code ?? 'unknown'
  // An error in an answer with status 200 is thrown as it was parsed.
  return xmlError.safeParse(error).data?.Code
}
