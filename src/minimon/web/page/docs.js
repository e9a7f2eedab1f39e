// Addresses are relative, so that the page works below a proxy's path as well.
SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true });
