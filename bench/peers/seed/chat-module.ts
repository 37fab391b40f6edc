import { type DynamicModule, Module } from '@nestjs/common'
import { createPool } from '../shared/pool.js'
import type { Settings } from '../shared/settings.js'
import { AuthService } from './auth-service.js'
import { ChatGateway } from './chat-gateway.js'
import { ChatRepository } from './chat-repository.js'

@Module({})
class ChatModule {}

export function createChatModule({ databaseUrl, secret }: Settings): DynamicModule {
  return {
    module: ChatModule,
    providers: [
      ChatGateway,
      { provide: AuthService, useFactory: () => new AuthService(secret) },
      { provide: ChatRepository, useFactory: () => new ChatRepository(createPool(databaseUrl)) },
    ],
  }
}
