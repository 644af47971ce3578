import { STRINGS } from "../strings";
import { signOut, type SignIn } from "./sign-in";

/** Signs the user out. */
export function SignOutButton({ signIn }: { signIn: SignIn }) {
  return (
    <button type="button" className="quiet" onClick={() => signOut(signIn)}>
      {STRINGS.signIn.out}
    </button>
  );
}
