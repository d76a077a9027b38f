// The only script of the pages. It replaces the body of the status page when the server says that
// something has changed; without it the page reloads itself.

/** Keeps what is open open, and waits while text is being selected. */
export const SCRIPT = `const main = document.querySelector("main");
const events = new EventSource("/.bootsrv/api/events");
events.onmessage = (event) => {
  if (!getSelection().isCollapsed) return;
  main.innerHTML = event.data;
};
events.onerror = () => { document.body.dataset.state = "offline"; };
events.onopen = () => { document.body.dataset.state = "live"; };
`;

/** SHA-256 of the script for the Content-Security-Policy; a test keeps it true. */
export const SCRIPT_DIGEST = "sha256-1E2voXJOvnDamwPblXEs6S6L9i+IK994/ykZeCWLJiw=";
