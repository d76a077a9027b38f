// What a command of the prompt is.
import type { PromptState } from "./prompt_state.ts";

/** One command; `names` begins with the one that help shows. */
export interface PromptCommand {
  readonly names: readonly string[];
  /** What follows the name. */
  readonly usage: string;
  /** One line for people. */
  readonly help: string;
  /** Gives false where it failed, having said why. */
  readonly run: (state: PromptState, args: readonly string[]) => boolean | Promise<boolean>;
}
