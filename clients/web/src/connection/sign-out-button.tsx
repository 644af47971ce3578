import { STRINGS } from "../strings";
import { signOut, type SignIn } from "./sign-in";

/** Ends the session of whoever is signed in. */
export function SignOutButton({ signIn }: { signIn: SignIn }) {
  return (
    <button type="button" className="quiet" onClick={() => signOut(signIn)}>
      {STRINGS.signIn.out}
    </button>
  );
}
