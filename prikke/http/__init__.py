"""The web side: pages, the API, and what load balancers and monitoring ask."""
