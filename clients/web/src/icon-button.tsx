import type { ButtonHTMLAttributes } from "react";
import { Icon, type IconName } from "./icons";

type Props = ButtonHTMLAttributes<HTMLButtonElement> & { icon: IconName; turned?: boolean; label: string };

/** A button that is an icon alone. Its tooltip is its label, unless `title` is given. */
export function IconButton({ icon, turned, label, title = label, className = "", ...rest }: Props) {
  return (
    <button type="button" className={`plain ${className}`.trim()} aria-label={label} title={title} {...rest}>
      <Icon name={icon} turned={turned} />
    </button>
  );
}
