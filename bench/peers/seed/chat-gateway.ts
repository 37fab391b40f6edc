import { randomUUID } from 'node:crypto'
import { Inject } from '@nestjs/common'
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets'
import type { DefaultEventsMap, Namespace, Socket } from 'socket.io'
import type { User } from '../shared/tokens.js'
import { AuthService } from './auth-service.js'
import { ChatRepository } from './chat-repository.js'

interface ClientData {
  user?: User
}

type Client = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, ClientData>

/** The seed's own gateway, event by event. It answers nothing: a client learns from the broadcast, which it gets too. */
@WebSocketGateway({
  cors: { origin: '*' },
  namespace: '/chat',
  maxHttpBufferSize: 10e6,
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
})
export class ChatGateway implements OnGatewayConnection {
  @WebSocketServer()
  private readonly server?: Namespace
  readonly #auth: AuthService
  readonly #chats: ChatRepository

  constructor(@Inject(AuthService) auth: AuthService, @Inject(ChatRepository) chats: ChatRepository) {
    this.#auth = auth
    this.#chats = chats
  }

  async handleConnection(client: Client): Promise<void> {
    try {
      client.data.user = await this.#auth.verifyAccessToken(client.handshake.auth.token)
    } catch {
      client.disconnect()
    }
  }

  @SubscribeMessage('join')
  async handleJoin(
    @MessageBody() data: { chatId: string },
    @ConnectedSocket() client: Client,
  ): Promise<void> {
    const { user } = client.data
    if (user === undefined || !(await this.#chats.isUserInChat(data.chatId, user.id))) {
      client.disconnect()
      return
    }
    await client.join(`chat:${data.chatId}`)
    this.server?.to(`chat:${data.chatId}`).emit('user joined', { userId: user.id, chatId: data.chatId })
  }

  @SubscribeMessage('chat message')
  async handleMessage(
    @MessageBody() data: { chatId: string; content: string },
    @ConnectedSocket() client: Client,
  ): Promise<void> {
    const { user } = client.data
    if (user === undefined) return
    const message = await this.#chats.addMessage({
      id: randomUUID(),
      chatId: data.chatId,
      senderId: user.id,
      content: data.content,
      timestamp: new Date(),
      attachments: [],
    })
    this.server
      ?.to(`chat:${data.chatId}`)
      .emit('message', { ...message, sender: { id: user.id, fullName: user.fullName } })
  }
}
