/** A display of texts under a title. */
export class TextDisplay {
  /** @param title stands before each text; without one, a text stands alone */
  constructor(title?: string | null);
  readonly title: string;
  /** Add a text to what is displayed. */
  appendText(text: unknown): void;
  /** Display a text instead of what was there; what is printed stays, so this adds it too. */
  displayText(text: unknown): void;
}
