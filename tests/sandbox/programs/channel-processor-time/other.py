from probe import ready

ready()
while True:
    pass
