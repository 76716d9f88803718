"""The house around the rooms: finding them, the lobby, links and recipes, the cache meter, the theme."""
