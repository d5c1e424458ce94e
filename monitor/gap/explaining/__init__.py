"""Why a state is as it is: which rule line gave it, what it hangs on, what would change it."""
