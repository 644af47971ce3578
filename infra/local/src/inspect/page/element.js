/** Makes an element: `element('p.quiet', { title: '…' }, 'text', child)`. */
export function element(selector, properties = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const made = document.createElement(tag);
  made.classList.add(...classes);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

/** Puts other children in an element; what had the keyboard's focus has it again, if it is still there. */
export function replace(place, ...children) {
  const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
  place.replaceChildren(...children);
  if (focused) byId(focused)?.focus();
}

export const byId = (id) => document.getElementById(id);
