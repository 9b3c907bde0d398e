"""tmp"""


def patch(plane):
    pass
