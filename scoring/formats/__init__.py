"""Files -> aligned cells, in bounded memory. Everything here may meet a file made to do harm."""
