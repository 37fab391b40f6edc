import { randomUUID } from 'node:crypto'
import cors from '@fastify/cors'
import swagger from '@fastify/swagger'
import Fastify, { LogController } from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import type { Attachments } from '../chat/attachments/attachments.js'
import type { Chats } from '../chat/chats.js'
import type { Edits } from '../chat/edits.js'
import type { Marks } from '../chat/marks.js'
import type { Members } from '../chat/members.js'
import type { Messages } from '../chat/messages.js'
import type { TokenVerifier } from '../chat/tokens.js'
import type { Users } from '../chat/users.js'
import type { Figures } from '../ports/figures.js'
import type { Endings } from '../sessions/endings.js'
import type { Rates } from '../sessions/rates.js'
import { requireToken } from './authentication.js'
import { createErrorAnswers } from './errors.js'
import { openApi } from './openapi.js'
import { attachmentRoutes } from './routes/attachments.js'
import { type BlobRouteOptions, blobRoutes } from './routes/blobs.js'
import { chatRoutes } from './routes/chats.js'
import { docsRoutes } from './routes/docs.js'
import { healthRoutes } from './routes/health.js'
import { memberRoutes } from './routes/members.js'
import { messageRoutes } from './routes/messages.js'
import { type PageOptions, pageRoutes } from './routes/page.js'
import { userRoutes } from './routes/users.js'

const BODY_BYTES = 64 * 1024
const PARAM_LENGTH = 256

export interface HttpOptions {
  readonly chats: Chats
  readonly members: Members
  readonly marks: Marks
  readonly messages: Messages
  readonly edits: Edits
  readonly users: Users
  readonly endings: Endings
  readonly rates: Rates
  /** Undefined where there are none. */
  readonly attachments: Attachments | undefined
  /** Where this process keeps the blobs itself. */
  readonly blobDoor: BlobRouteOptions | undefined
  readonly verifyToken: TokenVerifier
  /** True when the node can serve: it has started, does not close, and Postgres answers. */
  readonly isReady: () => Promise<boolean>
  readonly corsOrigins: '*' | readonly string[]
  readonly trustProxy: readonly string[] | undefined
  /** The page and the tokens for it; undefined where there is none. */
  readonly page: PageOptions | undefined
  readonly version: string
  readonly figures: Figures
  readonly logger: Logger
}

/** The Fastify door (CONTRACT.md section 5). Its list of registrations is the map of the service. */
export async function createHttpServer(options: HttpOptions) {
  const { corsOrigins, trustProxy, version, figures, logger } = options
  const { answerError, answerNotFound } = createErrorAnswers(figures.errors.http)
  const app = Fastify({
    loggerInstance: logger.child({ door: 'http' }),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES,
    routerOptions: { maxParamLength: PARAM_LENGTH },
    trustProxy: trustProxy === undefined ? false : [...trustProxy],
    forceCloseConnections: true,
    // What fails before there is a route, such as a path that is no UTF-8.
    frameworkErrors: answerError,
  }).withTypeProvider<ZodTypeProvider>()

  app.setValidatorCompiler(validatorCompiler)
  // What leaves is of the schemas' types already, as on the sockets: there are tests for it. To check every page of a
  // history again costs more than to make its text.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
  // JSON is all that is read: the framework would take plain text too.
  app.removeContentTypeParser('text/plain')
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Clients that always say JSON, also of no body at all, as with `POST …/archive`.
    if (body === '') done(null, undefined)
    else parseJson(request, body.toString(), done)
  })
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(answerNotFound)

  await app.register(cors, {
    origin: corsOrigins === '*' ? '*' : [...corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['Retry-After'],
  })
  await app.register(swagger, openApi(version))

  await app.register(healthRoutes, options)
  await app.register(docsRoutes, options)
  if (options.blobDoor !== undefined) await app.register(blobRoutes, options.blobDoor)
  if (options.page !== undefined) await app.register(pageRoutes, options.page)
  await app.register(async (guarded) => {
    requireToken(guarded, options)
    await guarded.register(chatRoutes, options)
    await guarded.register(memberRoutes, options)
    await guarded.register(messageRoutes, options)
    await guarded.register(attachmentRoutes, options)
    await guarded.register(userRoutes, options)
  })
  return app
}

export type HttpServer = Awaited<ReturnType<typeof createHttpServer>>
