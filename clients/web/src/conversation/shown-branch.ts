// Which branch of a conversation this tab shows, if that is not the newest: a reload stays there.
import { remember, recall } from "../browser-storage";

const key = (conversationId: string) => `branch.${conversationId}`;

/** The message through which the branch goes. */
export const recallBranch = (conversationId: string) => recall(key(conversationId), "this tab");

export const rememberBranch = (conversationId: string, messageId: string) => remember(key(conversationId), messageId, "this tab");

/** The newest branch is shown again. */
export const forgetBranch = (conversationId: string) => rememberBranch(conversationId, "");
