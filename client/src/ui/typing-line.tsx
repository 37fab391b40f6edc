import { useTyping } from '../react/index.js'
import { useUi } from './parley-ui.js'

/** Who is typing. Its line is always there: the messages above must not jump when somebody begins. */
export function TypingLine({ chatId }: { readonly chatId: string }) {
  const { labels } = useUi()
  const { typing } = useTyping(chatId)
  return (
    <p className="parley-typing">
      {typing.length > 0 && (
        <span data-testid="typing">
          <span className="parley-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {labels.typing(typing.map(({ fullName }) => fullName))}
        </span>
      )}
    </p>
  )
}
