export { ParleyProvider, type ParleyProviderProps, useParley } from './context.js'
export {
  type UsedChat,
  type UsedPresence,
  type UsedTyping,
  useChat,
  usePresence,
  useTyping,
} from './use-chat.js'
export { type UsedChats, useChats } from './use-chats.js'
export { useConnection } from './use-connection.js'
