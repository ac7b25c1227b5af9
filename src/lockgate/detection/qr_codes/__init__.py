"""QR codes wherever a reader would see one: in pictures, on pages of PDF files, drawn by tables or block characters."""
