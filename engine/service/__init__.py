"""Requests in, stems out: the job."""
