open("/output/.htaccess", "w").close()
