// Draws the OpenAPI document. "Try it out" speaks as the person who is logged in, with the page's CSRF token, until a
// bearer token is given under "Authorize".

const place = document.getElementById("api");
const root = document.documentElement;
const csrf = document.querySelector('meta[name="passline-csrf"]').content;

// Swagger UI has a class of its own for dark.
function follow() {
  root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark");
}

follow();
new MutationObserver(follow).observe(root, { attributeFilter: ["data-bs-theme"] });

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
