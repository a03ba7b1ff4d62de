"""Words in the names of columns and tables that are about pay and income."""

from __future__ import annotations

from first_light.privacy.vocabulary import words

INCOME = words("""
    salary salaries wage wages payrate hourlyrate hourlypay netpay grosspay basepay annualpay
    monthlypay takehomepay payamount compensation remuneration householdincome annualincome
    monthlyincome personalincome gehalt gehaelter lohn loehne bruttogehalt nettogehalt bruttolohn
    nettolohn stundenlohn monatsgehalt jahresgehalt grundgehalt verguetung einkommen salaire
    salaires salairebrut salairenet traitement remunerationbrute salario salarios sueldo sueldos
    salariobruto salarioneto salaris salarissen loon brutoloon nettoloon uurloon stipendio
    totalcomp bezuege entgelt retribuzione wynagrodzenie pensja lonn loenn palkka maas ucret
    applicantincome revenuannuel basecomp annualcomp cashcomp targetcomp variablecomp severancepay
""")
# These are pay or income in tables of people and of their applications only.
WEAK_INCOME = words("""
    income earnings revenu einkommen ingreso ingresos reddito stipend lon loen lohn dayrate
""")
APPLICANT = words("""
    applicant coapplicant borrower coborrower spouse partner household antragsteller
""")
APPLICATIONS = words("loan loans application applications mortgage mortgages kredit kredite")
# Columns of a payroll that are somebody's pay, whatever they are called.
PAY = words("""
    pay gross net bonus commission allowance deduction overtime brutto netto brut bruto neto prime
    praemie zulage importe montant betrag amount bedrag
""")
PAYROLL = words("""
    payroll payrolls payslip payslips paycheck paychecks salary salaries wages gehaelter gehalt
    lohn loehne lohnabrechnung gehaltsabrechnung nomina nominas paie paies salaires bulletin
    salaris loonstrook loonstroken paga cedolino cedolini bustapaga bustepaga holerite holerites
    contracheque bordro lonebesked loneseddel loenseddel palkkalaskelma listaplac berlap
""")
# Whole names that are pay in a table of these.
EMPLOYEES = words("""
    employee employees staff personnel mitarbeiter angestellte empleado empleados salaries
    medewerker medewerkers personel calisan calisanlar executive executives contractor contractors
""")
PAY_OF_EMPLOYEES = words("""
    pay bonus brutto netto ote ctc gross net yearlybonus annualbonus comp stockcomp equitygrant
    basic variablepay severance pension package rsu rsus maas prim
""")
# What may stand beside them without changing what they are.
OF_PAY = words("""
    total amount annual yearly monthly usd eur gbp chf try in aed sar qar inr sek nok dkk pln czk
    huf ron brl mxn cad aud nzd sgd zar jpy rub uah egp mad ngn kes
""")
# Nobody calls the sum over several persons so.
TOTAL_PAY = words("totalcomp totalcompensation totalremuneration totalsalary")
# What somebody is paid for an hour or a day is a rate of a time.
RATES = words("rate pay fee wage satz tarif tarifa taux tarief stawka sazba sats honorar")
PER_TIME = words("""
    hr hour hourly h day daily std stunde stunden tag heure jour hora dia ora giorno uur dag godz
    hodina time timme
""")
