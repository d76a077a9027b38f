// The only script of the pages. It replaces the body of the status page when the server says that
// something has changed; without it the page reloads itself.

/**
 * Keeps what is open open, and waits while text is being selected. A connection that breaks is
 * tried again by the browser; one that is refused, since too many watch, is not.
 */
export const SCRIPT = `const main = document.querySelector("main");
const events = new EventSource("/.bootsrv/api/events");
events.onmessage = (event) => {
  if (!getSelection().isCollapsed) return;
  main.innerHTML = event.data;
};
events.onerror = () => {
  if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  else document.body.dataset.state = "offline";
};
events.onopen = () => { document.body.dataset.state = "live"; };
`;

/** SHA-256 of the script for the Content-Security-Policy; a test keeps it true. */
export const SCRIPT_DIGEST = "sha256-c7+reZT1QPgZSl3iO5L9jhguEfxSxPx/opTVVZXgtoE=";
