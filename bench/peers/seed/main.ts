import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { readSettings } from '../shared/settings.js'
import { createChatModule } from './chat-module.js'
import { RedisIoAdapter } from './redis-io-adapter.js'

const settings = readSettings(process.env)
const app = await NestFactory.create(createChatModule(settings), { logger: false })
app.useWebSocketAdapter(new RedisIoAdapter(app, settings.redisUrl))
await app.listen(settings.port, '127.0.0.1')
process.once('SIGTERM', () => process.exit())
